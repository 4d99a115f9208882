"""What commands share: moving a complaint, its history, its clocks, numbers, messages, sealing."""
