/**
 * How often each kind of pair shows each level of agreement, counted on generated registers (seeds 1 to 4, 500 things each).
 * Written by `identity.test.ts`: `vitest run -u` after a change of the comparison or of the generator.
 */
import type { Model } from "./evidence.ts";
import type { MasterFamily } from "./profile.ts";

export const MODELS: Readonly<Record<MasterFamily, Model>> = {
  customer: {
    same: {
      share: 0.0341,
      rates: {
        name: { equal: 0.6029, close: 0.3294, akin: 0.0313, part: 0.0319, apart: 0.0045 },
        label: { equal: 0.1962, akin: 0.0168, part: 0.0093, none: 0.7705, apart: 0.0072 },
        person: { equal: 0.716, close: 0.0952, akin: 0.1078, apart: 0.081 },
        phone: { equal: 0.7545, close: 0.0801, apart: 0.1654 },
      },
    },
    twin: {
      share: 0.0211,
      rates: {
        name: { equal: 0.6042, close: 0.2062, akin: 0.0406, part: 0.0639, apart: 0.085 },
        label: { equal: 0.0006, akin: 0.0061, part: 0.8132, none: 0.0006, apart: 0.1795 },
        person: { equal: 0.225, close: 0.0344, akin: 0.0115, apart: 0.7292 },
        phone: { equal: 0.3282, close: 0.0324, apart: 0.6394 },
      },
    },
    sister: {
      share: 0.0102,
      rates: {
        name: { equal: 0.008, close: 0.0011, akin: 0.3502, part: 0.1848, apart: 0.4558 },
        label: { equal: 0.0654, akin: 0.0011, part: 0.0011, none: 0.9311, apart: 0.0011 },
        person: { equal: 0.1729, close: 0.0012, akin: 0.0336, apart: 0.7923 },
        phone: { equal: 0.3453, close: 0.0116, apart: 0.6431 },
      },
    },
    stranger: {
      share: 0.9346,
      rates: {
        name: { equal: 0.0011, close: 0.0028, akin: 0.0351, part: 0.0012, apart: 0.9598 },
        label: { equal: 0.0021, akin: 0.0007, part: 0.3353, none: 0.6153, apart: 0.0466 },
        person: { equal: 0.0056, close: 0.0001, akin: 0.0033, apart: 0.991 },
        phone: { equal: 0, close: 0, apart: 1 },
      },
    },
  },
  asset: {
    same: {
      share: 0.0344,
      rates: {
        name: { equal: 0.8366, close: 0.118, akin: 0.0163, part: 0.0271, apart: 0.0021 },
        label: { equal: 0.8958, part: 0.0124, apart: 0.0919 },
        model: { equal: 0.7745, close: 0.0932, akin: 0.1219, apart: 0.0104 },
        owner: { equal: 0.8279, apart: 0.1721 },
        place: { equal: 0.8152, close: 0.1831, akin: 0.0013, apart: 0.0004 },
        installed: { equal: 0.571, close: 0.1935, apart: 0.2355 },
      },
    },
    twin: {
      share: 0.1969,
      rates: {
        name: { equal: 0.8907, close: 0.0763, akin: 0.0115, part: 0.0207, apart: 0.0008 },
        label: { equal: 0.0001, part: 0.0001, apart: 0.9999 },
        model: { equal: 0.5918, close: 0.0419, akin: 0.055, apart: 0.3113 },
        owner: { equal: 0.8871, apart: 0.1129 },
        place: { equal: 0.8019, close: 0.1977, akin: 0.0004, apart: 0.0001 },
        installed: { equal: 0.416, close: 0.13, apart: 0.454 },
      },
    },
    sister: {
      share: 0.0003,
      rates: {
        name: { equal: 0.6923, close: 0.0769, akin: 0.0769, part: 0.0769, apart: 0.0769 },
        label: { equal: 0.9259, part: 0.037, apart: 0.037 },
        model: { equal: 0.6071, close: 0.0357, akin: 0.1071, apart: 0.25 },
        owner: { equal: 0.7308, apart: 0.2692 },
        place: { equal: 0.625, close: 0.2917, akin: 0.0417, apart: 0.0417 },
        installed: { equal: 0.1852, close: 0.037, apart: 0.7778 },
      },
    },
    stranger: {
      share: 0.7684,
      rates: {
        name: { equal: 0.7827, close: 0.0603, akin: 0.078, part: 0.0256, apart: 0.0534 },
        label: { equal: 0.008, part: 0.0001, apart: 0.992 },
        model: { equal: 0.0026, close: 0.0003, akin: 0.0208, apart: 0.9763 },
        owner: { equal: 0.0043, apart: 0.9957 },
        place: { equal: 0, close: 0.0029, akin: 0.0025, apart: 0.9946 },
        installed: { equal: 0.0005, close: 0.0154, apart: 0.9842 },
      },
    },
  },
  engineer: {
    same: {
      share: 0.0669,
      rates: {
        name: { equal: 0.5417, close: 0.2005, akin: 0.2188, apart: 0.039 },
        place: { equal: 0.6549, close: 0.1686, akin: 0.0004, apart: 0.1761 },
        skills: { equal: 0.8097, close: 0.001, part: 0.1883, apart: 0.001 },
      },
    },
    twin: {
      share: 0.03,
      rates: {
        name: { equal: 0.7194, close: 0.1172, akin: 0.1626, apart: 0.0008 },
        place: { equal: 0.0553, close: 0.0072, akin: 0.0008, apart: 0.9367 },
        skills: { equal: 0.0129, close: 0.0522, part: 0.2201, apart: 0.7148 },
      },
    },
    sister: {
      share: 0.0252,
      rates: {
        name: { equal: 0.0009, close: 0.0009, akin: 0.0009, apart: 0.9973 },
        place: { equal: 0.7569, close: 0.0896, akin: 0.0009, apart: 0.1525 },
        skills: { equal: 0.0206, close: 0.0386, part: 0.2379, apart: 0.7029 },
      },
    },
    stranger: {
      share: 0.8779,
      rates: {
        name: { equal: 0.0061, close: 0.005, akin: 0.0449, apart: 0.9439 },
        place: { equal: 0, close: 0.0027, akin: 0.0019, apart: 0.9954 },
        skills: { equal: 0.007, close: 0.0396, part: 0.2452, apart: 0.7082 },
      },
    },
  },
};
