// One question at a time: none is stopped before its first look, and of those that wait only the newest is kept.
// To stop at once for whatever is newer starves a drag: each question would end before it had shown anything. But of
// a large noisy world a look may take many seconds: then what is newer waits a little only.

/**
 * Ask through a host: onMessage(message, question) for each message; onEnd(question, whole) when nothing runs or
 * waits, whole unless the answer ended before its last message, as when another page asks the same server. Patience is
 * how many milliseconds a newer question waits for a look.
 */
export function asking(host, onMessage, onEnd, patience = 3000) {
  let running = null;
  let waiting = null;
  let late = null;

  function start(question) {
    const run = { question, looked: false, whole: false, stop: () => {} };
    running = run;
    run.stop = host.ask(question, (message) => hear(run, message));
  }

  function hear(run, message) {
    if (running !== run) {
      return;
    }
    if (message) {
      run.whole ||= Boolean(message.final) || message.error !== undefined;
      run.looked ||= run.whole || message.draws !== undefined;
      onMessage(message, run.question);
    } else {
      running = null;
    }
    if (waiting && (!running || run.looked)) {
      next();
    } else if (!running) {
      onEnd(run.question, run.whole);
    }
  }

  function next() {
    const question = waiting;
    running?.stop();
    clearTimeout(late);
    waiting = late = null;
    start(question);
  }

  return {
    /** Ask this, now or as soon as the running question has shown something. */
    ask(question) {
      waiting = question;
      if (!running || running.looked) {
        next();
      } else {
        late ??= setTimeout(next, patience);
      }
    },
    /** End whatever runs or waits. */
    stop() {
      running?.stop();
      clearTimeout(late);
      running = waiting = late = null;
    },
  };
}

const RETRY = 3000;  // milliseconds

/** Knock at a host that gave no answer: now, or in a while, and again; once it opens to who is still lost, go on. */
export function knocking(host, isLost, goOn) {
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => isLost() && host.worlds().then(() => isLost() && goOn(), later), RETRY);
  };
  return { later, now: () => host.worlds().catch(later) };
}

// The host that asks the server of this page.

const LOST = "the server does not answer; is mdppower explore still running? It is tried again every few seconds";

/** Ask, and hand on each line of the answer as it comes; null when it has ended, unless it was stopped. */
function ask(question, onMessage) {
  const abort = new AbortController();
  const tell = (message) => {
    try {
      abort.signal.aborted || onMessage(message);
    } catch (fault) {
      reportError(fault);  // of the page, not of the server
    }
  };
  read(question, abort.signal, tell)
    .catch(() => tell({ v: 1, error: LOST, lost: true, field: null, line: null, column: null }))
    .finally(() => tell(null));
  return () => abort.abort();
}

async function read(question, signal, tell) {
  const response = await fetch("/api/ask", {
    method: "POST", signal, body: JSON.stringify(question),
    headers: { "Content-Type": "application/json", "X-MDPPower": "1" },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    lines.filter(Boolean).forEach((line) => tell(JSON.parse(line)));
  }
  if (rest.trim()) {
    tell(JSON.parse(rest));
  }
}

/** The named worlds that fit on the page; none, if they cannot be had. */
async function worlds() {
  const response = await fetch("/api/worlds");
  return response.ok ? response.json() : [];
}

/** A host: ask(question, onMessage) → stop(), and worlds(). */
export const server = { ask, worlds };
