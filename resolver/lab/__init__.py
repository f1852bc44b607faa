"""The Internet in a box: root, TLD and leaf servers in this process, on loopback.

    main, demo        run it | show a resolver that uses it
    box, pretend      all of it, as functions | under a clock that tests move
    sockets           all of it, on 127.53.0.0/16
    virtual           a loop on which time costs nothing
    attacks           what the hostile part of the Internet does to a resolver
    world             what it is made of (READ THIS FIRST); aliases, mazes, troubles
    description       how that is said, and what follows from it
    catalogue         the misbehaviours by name; `behaviours` is what they are made of
    answer            the right answer (RFC 1034 section 4.3.2)
    zones, sign       records with the shape of their tree | keys and signatures

dnspython does the records and the messages here: it is not ours, so that a mistake in
our codec cannot hide behind the same mistake in the lab.
"""
