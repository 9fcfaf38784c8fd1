"""What success rates say of power: how far an agent leads that does at least as well so often.

============== =====================================================================================
bands          what a success rate over runs says of the lead: the post's band, that of learners, the normal law
counts         counts of successes of a user's own, read and checked
leads          what such counts say, by three laws
ladders        leads chained along references
saturation     where a reference says nothing more
monitoring     all of it at once: `monitor`
monitored      what that gives back
monitor_words  what may be concluded, in sentences
============== =====================================================================================

- **Nothing is trained or drawn here**: a success rate comes in, by counts or as moments of Δ in runs, and limits of
  the lead go out. So the room stands below the learning agents, which it knows nothing of.
- **What users open of it is in `mdppower.learning`**: `monitor` and `Monitored`; and `Rivals`, which has the bands.
"""
