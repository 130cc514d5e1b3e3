"""The enumerations of what there is: activations, losses and update rules, each a row of a table in this folder."""

# The activations whose derivative is worked out from their output.
TOLD_BY_OUTPUT = tuple([<Activation> member for member in range(ACTIVATIONS) if fastnn_told_by_output(member)])

# Which arrays each update rule keeps for every parameter, in the order in which state is given: 0 is its momentum, 1
# its squares, 2 its extra array.
SLOTS = tuple([tuple([slot for slot in range(STATES) if fastnn_states(rule) >> slot & 1]) for rule in range(RULES)])
