"""An AirSim server without Unreal: the wire, the calls and the three modes, on the rehearsal world."""
