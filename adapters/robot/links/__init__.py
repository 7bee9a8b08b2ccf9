"""One file a transport, each an `evalsuite.adapters.robot.link.RobotLink`."""
