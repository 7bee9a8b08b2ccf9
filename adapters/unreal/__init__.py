"""Unreal Engine: AirSim and Cosys-AirSim over msgpack-rpc, UnrealCV over its own wire, behind one Simulator."""
