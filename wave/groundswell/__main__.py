"""`python -m groundswell`."""

from groundswell.cli import main

main()
