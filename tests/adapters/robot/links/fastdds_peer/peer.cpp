// A robot on eProsima Fast DDS: VGA pictures at 30 Hz on /camera/image_raw, and a line for every Twist on /cmd_vel.
//
//   apt-get install g++ libfastrtps-dev fastddsgen
//   fastddsgen -replace ros.idl
//   g++ -O2 -o peer peer.cpp ros.cxx rosPubSubTypes.cxx -lfastrtps -lfastcdr
//   ./peer DOMAIN
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>
#include <fastdds/rtps/transport/UDPv4TransportDescriptor.h>
#include <fastrtps/utils/IPLocator.h>
#include <memory>
#include <thread>

#include "rosPubSubTypes.h"

using namespace eprosima::fastdds::dds;
using Picture = sensor_msgs::msg::dds_::Image_;
using Twist = geometry_msgs::msg::dds_::Twist_;

class Commands : public DataReaderListener {
  void on_data_available(DataReader* reader) override {
    Twist twist;
    SampleInfo info;
    while (reader->take_next_sample(&twist, &info) == ReturnCode_t::RETCODE_OK) {
      if (info.valid_data) {
        std::printf("%.9f %.9f %.9f\n", twist.linear().x(), twist.linear().y(), twist.angular().z());
        std::fflush(stdout);
      }
    }
  }
};

int main(int count, char** arguments) {
  if (count != 2) return 2;
  // Only this machine, and without multicast, as the link under test is told too.
  auto transport = std::make_shared<eprosima::fastdds::rtps::UDPv4TransportDescriptor>();
  transport->interfaceWhiteList.push_back("127.0.0.1");
  DomainParticipantQos qos = PARTICIPANT_QOS_DEFAULT;
  qos.transport().use_builtin_transports = false;
  qos.transport().user_transports.push_back(transport);
  eprosima::fastrtps::rtps::Locator_t here;
  eprosima::fastrtps::rtps::IPLocator::setIPv4(here, 127, 0, 0, 1);
  qos.wire_protocol().builtin.initialPeersList.push_back(here);
  auto* participant = DomainParticipantFactory::get_instance()->create_participant(std::atoi(arguments[1]), qos);
  if (participant == nullptr) return 1;
  TypeSupport picture_type(new sensor_msgs::msg::dds_::Image_PubSubType());
  TypeSupport twist_type(new geometry_msgs::msg::dds_::Twist_PubSubType());
  picture_type.register_type(participant);
  twist_type.register_type(participant);
  auto* pictures = participant->create_topic("rt/camera/image_raw", picture_type.get_type_name(), TOPIC_QOS_DEFAULT);
  auto* commands = participant->create_topic("rt/cmd_vel", twist_type.get_type_name(), TOPIC_QOS_DEFAULT);
  DataWriterQos writing = DATAWRITER_QOS_DEFAULT;
  writing.reliability().kind = RELIABLE_RELIABILITY_QOS;
  writing.publish_mode().kind = ASYNCHRONOUS_PUBLISH_MODE;
  writing.history().depth = 5;
  writing.endpoint().history_memory_policy = eprosima::fastrtps::rtps::PREALLOCATED_WITH_REALLOC_MEMORY_MODE;
  DataReaderQos reading = DATAREADER_QOS_DEFAULT;
  reading.reliability().kind = RELIABLE_RELIABILITY_QOS;
  Commands listener;
  auto* writer = participant->create_publisher(PUBLISHER_QOS_DEFAULT)->create_datawriter(pictures, writing);
  participant->create_subscriber(SUBSCRIBER_QOS_DEFAULT)->create_datareader(commands, reading, &listener);
  Picture picture;
  picture.header().frame_id("camera");
  picture.height(480);
  picture.width(640);
  picture.encoding("rgb8");
  picture.step(640 * 3);
  picture.data().resize(640 * 480 * 3);
  auto due = std::chrono::steady_clock::now();
  for (unsigned number = 0;; ++number) {
    auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::system_clock::now().time_since_epoch()).count();
    picture.header().stamp().sec(static_cast<int32_t>(now / 1000000000));
    picture.header().stamp().nanosec(static_cast<uint32_t>(now % 1000000000));
    for (unsigned byte = 0; byte < 4; ++byte) picture.data()[byte] = static_cast<uint8_t>(number >> 8 * byte);
    writer->write(&picture);
    due += std::chrono::microseconds(33333);
    std::this_thread::sleep_until(due);
  }
}
