"""What does the file say, and is that a pipeline? From the values of HOCON to the kernel's blocks and the options of plugins.

The main path is `loader.ConfigLoader.load`: `blocks` reads the kernel's own keys into `model`, `rules` says what their types do
not. `binding.bind` is the same for the options of a plugin, whose class `annotations` reads and `conversion` fills.
"""
