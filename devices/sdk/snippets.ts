/** The first lines of a device's own program, ready to paste: what `device add` prints beside the password. */

export type Access = { readonly unit: string; readonly device: string; readonly password: string; readonly mqttHost: string; readonly mqttPort: number };

export type Snippets = { readonly mosquitto_pub: string; readonly javascript: string; readonly python: string; readonly arduino: string };

/** Ids hold letters, digits, `.`, `_` and `-` only and passwords are URL-safe, so nothing needs quoting beyond quotes. */
export function snippets(access: Access): Snippets {
  return { mosquitto_pub: mosquittoPub(access), javascript: javascript(access), python: python(access), arduino: arduino(access) };
}

function topicOf(access: Access): string {
  return `u/${access.unit}/d/${access.device}/telemetry`;
}

function mosquittoPub(access: Access): string {
  return `mosquitto_pub -h ${access.mqttHost} -p ${access.mqttPort} -u ${access.unit}/${access.device} -P ${access.password} -q 1 -t ${topicOf(access)} -m "{\\"ts\\": $(date +%s000), \\"channels\\": {\\"vibration.a.rms\\": 0.027}}"`;
}

function javascript(access: Access): string {
  return `import mqtt from "mqtt";

const client = await mqtt.connectAsync("mqtt://${access.mqttHost}:${access.mqttPort}", { username: "${access.unit}/${access.device}", password: "${access.password}" });
const telemetry = { ts: Date.now(), channels: { "vibration.a.rms": 0.027 } };
await client.publishAsync("${topicOf(access)}", JSON.stringify(telemetry), { qos: 1 });
await client.endAsync();
`;
}

function python(access: Access): string {
  return `import json, time
import paho.mqtt.publish as publish

telemetry = {"ts": int(time.time() * 1000), "channels": {"vibration.a.rms": 0.027}}
publish.single("${topicOf(access)}", json.dumps(telemetry), qos=1,
               hostname="${access.mqttHost}", port=${access.mqttPort},
               auth={"username": "${access.unit}/${access.device}", "password": "${access.password}"})
`;
}

function arduino(access: Access): string {
  return `#include <WiFi.h>
#include <ArduinoMqttClient.h>

WiFiClient network;
MqttClient mqtt(network);

void setup() {
  WiFi.begin("SSID", "PASSPHRASE");
  while (WiFi.status() != WL_CONNECTED) delay(100);
  configTime(0, 0, "pool.ntp.org");
  while (time(nullptr) < 1000000000) delay(100);
  mqtt.setId("${access.device}");
  mqtt.setUsernamePassword("${access.unit}/${access.device}", "${access.password}");
}

void loop() {
  if (!mqtt.connected() && !mqtt.connect("${access.mqttHost}", ${access.mqttPort})) return delay(1000 + random(4000));
  mqtt.poll();
  mqtt.beginMessage("${topicOf(access)}", false, 1);
  mqtt.printf("{\\"ts\\": %lld, \\"channels\\": {\\"vibration.a.rms\\": %.3f}}", (long long)time(nullptr) * 1000, analogRead(34) / 4096.0);
  mqtt.endMessage();
  delay(1000);
}
`;
}
