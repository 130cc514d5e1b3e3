"""The enumerations of what there is: activations, losses and update rules, each a row of a table in this folder."""

# The activations whose derivative is worked out from their output.
TOLD_BY_OUTPUT = tuple([<Activation> member for member in range(ACTIVATIONS) if fastnn_told_by_output(member)])
