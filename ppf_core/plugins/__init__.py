"""Which plugins are there, which one is meant, and is it sound? A listing imports none of them.

The main path is `registry.PluginRegistry`: `installed` reads the metadata of distributions → `entries` says in which state each
plugin is → `select` takes the one that a name means → `loading` imports it and `verification` looks at its class. `hooks` calls
those that listen, in threads of `delivery`.
"""
