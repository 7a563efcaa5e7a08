"""A device on a broker that is paho's, MQTT 3.1.1 as most devices speak it.

    device.py PORT CLIENT_ID [--user NAME] [--password WORD] [--ca FILE] [--will TOPIC] [--hear TOPIC]

Takes lines of JSON on standard input and ends with it: {"topic", "payload", "retain"} is published with quality of service 1,
{"topic", "payload", "flood": N} N times with 0. Says what happens as lines of JSON: {"connected": true}, {"refused": why},
{"gone": why}, {"heard": topic, "payload": text, "retain": kept}, {"taken": N} when the broker has acknowledged N publications.
"""

import argparse
import json
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


def tell(**what):
    print(json.dumps(what), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("client_id")
    for name in ("user", "password", "ca", "will", "hear"):
        parser.add_argument(f"--{name}")
    args = parser.parse_args()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=args.client_id)
    client.reconnect_delay_set(1, 1)
    if args.user:
        client.username_pw_set(args.user, args.password)
    if args.ca:
        client.tls_set(ca_certs=args.ca)
    if args.will:
        client.will_set(args.will, "0", qos=1, retain=True)
    taken = 0

    def connected(client, _data, _flags, reason, _properties):
        if reason.is_failure:
            return tell(refused=str(reason))
        if args.will:
            client.publish(args.will, "1", qos=1, retain=True)
        if args.hear:
            client.subscribe(args.hear, qos=1)
        tell(connected=True)

    def published(_client, _data, _mid, _reason, _properties):
        nonlocal taken
        taken += 1
        tell(taken=taken)

    client.on_connect = connected
    client.on_disconnect = lambda _c, _d, _f, reason, _p: tell(gone=str(reason))
    client.on_message = lambda _c, _d, m: tell(heard=m.topic, payload=m.payload.decode(), retain=bool(m.retain))
    client.on_publish = published
    try:
        client.connect("127.0.0.1", args.port, keepalive=5)
    except OSError as error:
        return tell(refused=str(error))
    client.loop_start()
    for line in sys.stdin:
        order = json.loads(line)
        if count := order.get("flood"):
            client.on_publish = None
            for _ in range(count):
                client.publish(order["topic"], order["payload"], qos=0)
            continue
        client.publish(order["topic"], order["payload"], qos=1, retain=order.get("retain", False))
    client.disconnect()
    client.loop_stop()


main()
