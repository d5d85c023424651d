"""Renders docs/results.md and the figures of README.md from run files of `dualamn bench`.

runs        reads run files
lines       lines of tables: one protocol, one direction, one share of seeds each
page        docs/results.md
sections    parts of that page
scale       the table and plots of docs/scale.md
readme      the blocks of README.md
specs       what the plots show, as data
draw        draws them with matplotlib
outputs     writes everything, or says what is out of date
"""
