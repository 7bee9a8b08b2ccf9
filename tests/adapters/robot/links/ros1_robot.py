"""A ROS 1 robot: `python ros1_robot.py`, with ROS_MASTER_URI set. It prints every command that it gets."""

from __future__ import annotations

import json
import threading

import rospy
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Image


def main() -> None:
    rospy.init_node("robot", disable_signals=True, disable_rostime=True)
    pictures = rospy.Publisher("/camera/image_raw", Image, queue_size=1)
    odometry = rospy.Publisher("/odom", Odometry, queue_size=1)

    def take(twist: Twist) -> None:
        print(json.dumps([twist.linear.x, twist.linear.y, twist.angular.z]), flush=True)

    rospy.Subscriber("/cmd_vel", Twist, take, queue_size=1)
    picture, place = Image(), Odometry()
    picture.height, picture.width, picture.step, picture.encoding = 480, 640, 1920, "bgr8"
    place.pose.pose.position.x, place.pose.pose.orientation.w = 1.0, 1.0
    pause, count = threading.Event(), 0
    while not pause.wait(1 / 30):
        count += 1
        picture.header.stamp = place.header.stamp = rospy.Time.now()
        picture.data = bytes((count % 256, 0, 0)) * (640 * 480)
        pictures.publish(picture)
        odometry.publish(place)


if __name__ == "__main__":
    main()
