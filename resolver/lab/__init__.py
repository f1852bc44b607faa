"""The Internet in a box: root, TLD and leaf servers in this process, on loopback."""
