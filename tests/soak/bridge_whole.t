# bridge_whole.t - the 57 games, saved and loaded at every 64th step of whole episodes.
FRAMES=108000 sh tests/peers/bridge_whole.t
