"""Attacks on the grader, as submissions: what they are, how they are handed in, what must come out.

    corpus     the code attacks on disk, found by looking, and the notebooks made of them
    canaries   what an attack may aim at: files, a port, sockets and a process of the test's own
    notebooks  an honest notebook turned into a hostile one
    archives   an honest class, folder or zip, turned into a hostile one
    run        all of it graded as one class

Each family is a folder of code attacks; the README lists them.
"""
