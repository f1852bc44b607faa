"""What the hostile part of the Internet does to a resolver, and what it comes to.

    main              run them, and say which were held off
    catalogue         all of them, by name
    attack            what an attack is, and what is reported of it (READ THIS FIRST)
    stage             a resolver, its clients and its Internet, in virtual time
    grounds           the zones that most attacks need
    delegations       referrals that make work | aliases, and limits multiplied
    forgeries         packets that pretend     | takeovers: zones that outlive or outgrow
    floods, crowds    too many questions       | clients who wait, or trickle
    sizes             answers that are too big

Every attack is played against the whole resolver, from a client's packet to the packets
that leave it, in a pretend Internet that is its own: nothing is remembered from one to
the next, and no socket is opened.
"""
