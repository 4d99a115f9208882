"""What a person or a program can call: thin views, and ``app.create_app``, the one place that wires all floors."""
