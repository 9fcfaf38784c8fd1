"""A page in the browser: a gridworld is drawn and edited, and its POWER redraws at once, with its error.

============== ==========================================================================================
questions      worlds and questions from JSON, checked with field, line and column, within limits
answers        a question becomes messages, each better than the last
server         the page and its one endpoint, on loopback alone
guard          who may ask: host, origin, content type and size of a request, before it is read
page           what the browser shows: hand-written SVG in plain ES modules, which ask through a host
============== ==========================================================================================

- **A question carries its whole world**: the server keeps no sessions, reads no files and fills no templates, so that
  there is nothing to steal, and a link is all there is to share.
- **Ever better**: a first look from few draws, a run of its own, at once; then the run that ``mdppower.power`` makes,
  looked at on its way, whose intervals pay for all looks; the last is its result to the bit.
- **Newest wins**: one question is computed at a time, and a newer one ends it between blocks of draws. The page never
  ends one before its first look, or a drag would show nothing.
- **The view knows no host**: modules of the page ask ``host.ask(question, onMessage)``; who answers is another file.
"""
