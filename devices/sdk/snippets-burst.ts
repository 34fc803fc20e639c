/** How a device without the SDK sends a waveform: one block, int16. What `device add` prints beside the other lines where the profile takes bursts. */
import type { BurstPlan } from "../../contracts/burst.ts";
import type { Access } from "./snippets.ts";

export type BurstSnippets = { readonly python: string; readonly c: string };

export function burstSnippets(access: Access, plan: Pick<BurstPlan, "axes" | "uom">): BurstSnippets {
  return { python: python(access, plan), c: c(plan) };
}

export function burstTopic({ unit, device }: Pick<Access, "unit" | "device">): string {
  return `u/${unit}/d/${device}/burst`;
}

function python(access: Access, { axes, uom }: Pick<BurstPlan, "axes" | "uom">): string {
  return `import struct, time
import paho.mqtt.publish as publish

rate, samples, start = 25600, 2560, int(time.time() * 1000)
scale = 50 / 32768  # ${uom} that one count of the converter stands for
axes = {${axes.map((axis) => `"${axis}": [0] * samples`).join(", ")}}

block = struct.pack("<4s4B2d3I", b"BRST", 1, 1, len(axes), 0, start, rate, samples, 0, samples)
block += b"".join(struct.pack("<16sf", name.encode(), scale) for name in axes)
block += b"".join(struct.pack(f"<{samples}h", *counts) for counts in axes.values())
publish.single("${burstTopic(access)}", block, qos=1,
               hostname="${access.mqttHost}", port=${access.mqttPort},
               auth={"username": "${access.unit}/${access.device}", "password": "${access.password}"})
`;
}

/** For a little-endian controller whose double has 8 bytes, as an ESP32. */
function c({ axes }: Pick<BurstPlan, "axes" | "uom">): string {
  return `#include <stdint.h>
#include <string.h>

#define AXES ${axes.length}
#define SAMPLES 2560

struct __attribute__((packed)) burst {
  char magic[4];
  uint8_t version, format, axes, zero;
  double start, rate;
  uint32_t samples, first, count;
  struct __attribute__((packed)) { char name[16]; float scale; } axis[AXES];
  int16_t counts[AXES][SAMPLES];
};

/* Publish sizeof(struct burst) bytes of it at QoS 1. start: milliseconds since the epoch. */
static void burst_begin(struct burst *b, double start, float scale) {
  static const char *const names[AXES] = {${axes.map((axis) => `"${axis}"`).join(", ")}};
  memset(b, 0, sizeof *b - sizeof b->counts);
  memcpy(b->magic, "BRST", 4);
  b->version = 1; b->format = 1; b->axes = AXES;
  b->start = start; b->rate = 25600;
  b->samples = b->count = SAMPLES;
  for (int a = 0; a < AXES; a++) { strncpy(b->axis[a].name, names[a], 16); b->axis[a].scale = scale; }
}
`;
}
