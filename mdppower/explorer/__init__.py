"""A page in the browser: a gridworld is drawn and edited, and its POWER redraws at once, with its error.

============== ==========================================================================================
refusals       why a question is not answered: a sentence, its field, and where in the map
spoken         JSON from anybody, as far as it can be read without knowing what it is about
worlds         a map and the options of a gridworld, as the page has them, and the MDP
laws           the closed list of laws of rewards
questions      what a page asks, complete, and within limits
numbers        nine digits, and null for what is none
arrows         which action seeks the most POWER, if the draws can tell
calls          the call of the library's that a question stands for
looks          what a page is told of a result
alone          one piece of work at a time, that can be stopped, and whose warnings are heard
answers        a question becomes messages, each better than the last; what is kept of finished ones
server         the page and its one endpoint, on loopback alone
named_maps     maps by name and from files, as a link to the page has them
one_at_a_time  one computation at a time: a newer question ends the older one
slow_clients   clients that send or read nothing are cut off
guard          who may ask: host, origin, content type and size of a request, before it is read
page           what the browser shows: hand-written SVG in plain ES modules, which ask through a host
============== ==========================================================================================

- **A question carries its whole world**: the server keeps no sessions, reads no files and fills no templates, so that
  there is nothing to steal, and a link is all there is to share.
- **Ever better**: a first look from few draws, a run of its own, at once; then the run that ``mdppower.power`` makes,
  looked at on its way, whose intervals pay for all looks; the last is its result to the bit.
- **Newest wins**: one question is computed at a time, and a newer one ends it between blocks of draws. The page never
  ends one before its first look, or a drag would show nothing, unless that takes more than 3 s.
- **The view knows no host**: modules of the page ask ``host.ask(question, onMessage)``; who answers is another file.
"""
