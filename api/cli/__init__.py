"""The command line's subjects (命令), one module each; heavy imports happen inside the commands."""
