# %% [method]
# Obeys whatever the state is.
def make_command(transitions, memory):
    def send_command(parent, *arguments):
        if not arguments:
            return ua.StatusCode(ua.StatusCodes.BadArgumentsMissing)
        if len(arguments) > 1:
            return ua.StatusCode(ua.StatusCodes.BadTooManyArguments)
        number = arguments[0]
        if number.VariantType != ua.VariantType.Int32 or number.Value not in range(1, 11):
            return ua.StatusCode(ua.StatusCodes.BadInvalidArgument)
        reached = {command: after for (_, command), after in transitions.items()}
        target = transitions.get((memory["State"], number.Value), reached.get(number.Value, memory["State"]))
        memory["State"] = target
        return [ua.Variant(target, ua.VariantType.Int32)]

    return send_command
