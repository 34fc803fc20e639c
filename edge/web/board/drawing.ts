/** The map on the page: MapLibre draws base and machines, labels are HTML so that no glyph server is asked. */
import "maplibre-gl/dist/maplibre-gl.css";
import { LngLatBounds, Map as MapLibreMap, Marker, ScaleControl, setWorkerUrl, type GeoJSONSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Place } from "../../../contracts/instant.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { loadLand, mapStyle, ringTops } from "./base-map.ts";
import { declutter } from "./declutter.ts";
import type { AssetState, SeenAsset, SeenEngineer } from "./picture.ts";
import type { Colours } from "./scheme.ts";
import { drawTrails, extendTrails, type Trails } from "./trails.ts";

setWorkerUrl(workerUrl);

export type Scene = {
  readonly assets: readonly SeenAsset[];
  readonly engineers: readonly (SeenEngineer & { readonly note: string })[];
  readonly ticket: Ticket | undefined;
  readonly chosen: string | undefined;
  readonly choose: (device: string) => void;
  readonly words: { readonly drive: (minutes: number) => string; readonly engineer: string };
};
export type Drawing = { readonly show: (scene: Scene) => void; readonly fit: () => void; readonly remove: () => void };

const RANK: Readonly<Record<AssetState, number>> = { normal: 0, suspect: 1, progress: 2, anomalous: 3 };
/** Beyond this many machines only those that matter are labelled. */
const LABELS_MAX = 80;
const FIT = { padding: { top: 44, right: 132, bottom: 44, left: 44 }, maxZoom: 14 } as const;

type Tag = { readonly marker: Marker; readonly element: HTMLElement; rank: number; place: Place };

/** Null when the browser draws no WebGL. */
export function draw(container: HTMLElement, scenario: Scenario, colours: Colours, name: string): Drawing | null {
  let map: MapLibreMap;
  try {
    map = new MapLibreMap({
      container,
      style: mapStyle(scenario, colours),
      center: [scenario.site.place.lon, scenario.site.place.lat],
      zoom: 10,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      locale: { "Map.Title": name },
      fadeDuration: 0,
    });
  } catch {
    return null;
  }
  map.touchZoomRotate.disableRotation();
  map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-right");
  const tags = new Map<string, Tag>();
  let scene: Scene | null = null;
  let trails: Trails = new Map();
  let fitted = false;
  let ready = false;
  let settled: number | undefined;

  map.on("load", () => {
    ready = true;
    void loadLand().then((land) => {
      map.setPaintProperty("water", "background-color", colours.water);
      void source("land")?.setData(land);
    });
    if (scene !== null) show(scene);
  });
  map.on("move", settle);
  map.on("resize", settle);
  map.on("click", "assets", (event) => {
    const device: unknown = event.features?.[0]?.properties["device"];
    if (typeof device === "string" && device !== "") scene?.choose(device);
  });
  map.on("mouseenter", "assets", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "assets", () => (map.getCanvas().style.cursor = ""));

  function show(next: Scene): void {
    scene = next;
    if (!ready) return;
    const { assets, engineers, ticket, chosen } = next;
    trails = extendTrails(trails, [
      ...assets.filter(({ asset }) => asset.moves).map(({ asset, place }) => ({ id: asset.id, place })),
      ...engineers.filter(({ at }) => at !== undefined).map(({ engineer, place }) => ({ id: engineer.id, place })),
    ]);
    void source("trails")?.setData(drawTrails(trails));
    void source("assets")?.setData({
      type: "FeatureCollection",
      features: assets.map(({ place, state, device }) => ({
        type: "Feature",
        properties: { device: device ?? "", state, chosen: device === chosen, rank: RANK[state] },
        geometry: { type: "Point", coordinates: [place.lon, place.lat] },
      })),
    });
    void source("people")?.setData({
      type: "FeatureCollection",
      features: engineers.map(({ place, busy }) => ({
        type: "Feature",
        properties: { busy },
        geometry: { type: "Point", coordinates: [place.lon, place.lat] },
      })),
    });
    const from = ticket !== undefined && "to" in ticket ? engineers.find(({ engineer }) => engineer.id === ticket.to)?.place : undefined;
    const to = assets.find(({ asset }) => asset.id === ticket?.asset)?.place;
    void source("way")?.setData({
      type: "FeatureCollection",
      features:
        from === undefined || to === undefined || (ticket !== undefined && "resolvedAt" in ticket)
          ? []
          : [
              {
                type: "Feature",
                properties: {},
                geometry: {
                  type: "LineString",
                  coordinates: [
                    [from.lon, from.lat],
                    [to.lon, to.lat],
                  ],
                },
              },
            ],
    });
    label(next);
    if (!fitted) fit(false);
    settle();
  }

  function label({ assets, engineers, chosen, choose, words }: Scene): void {
    const wanted = new Set<string>();
    const put = (
      key: string,
      place: Place,
      rank: number,
      kind: string,
      make: () => HTMLElement,
      fill: (element: HTMLElement) => void,
      anchor: "left" | "center",
    ) => {
      wanted.add(key);
      let tag = tags.get(key);
      if (tag === undefined) {
        const element = make();
        tag = {
          element,
          rank,
          place,
          marker: new Marker({ element, anchor, offset: anchor === "left" ? [11, 0] : [0, 0] }).setLngLat([place.lon, place.lat]).addTo(map),
        };
        tags.set(key, tag);
      }
      tag.rank = rank;
      tag.place = place;
      tag.marker.setLngLat([place.lon, place.lat]);
      if (tag.element.dataset["kind"] !== kind) tag.element.dataset["kind"] = kind;
      fill(tag.element);
    };
    const few = assets.length <= LABELS_MAX;
    for (const { asset, place, state, device } of assets) {
      if (!few && state === "normal" && device !== chosen) continue;
      put(
        `a ${asset.id}`,
        place,
        10 + RANK[state] * 10 + (device === chosen ? 100 : 0),
        `asset ${state}`,
        () => pressable(() => device !== undefined && choose(device)),
        (element) => write(element, asset.name),
        "left",
      );
    }
    for (const { engineer, place, note, busy } of engineers) {
      put(
        `e ${engineer.id}`,
        place,
        busy ? 60 : 15,
        busy ? "engineer busy" : "engineer",
        () => person(words.engineer),
        (element) => write(element, engineer.name, note),
        "left",
      );
    }
    for (const { minutes, at } of ringTops(scenario)) {
      put(
        `r ${minutes}`,
        at,
        -1,
        "ring",
        () => document.createElement("span"),
        (element) => write(element, words.drive(minutes)),
        "center",
      );
    }
    for (const [key, tag] of tags) {
      if (wanted.has(key)) continue;
      tag.marker.remove();
      tags.delete(key);
    }
  }

  /** Which labels show is decided once the map stands, not for every frame of a movement. */
  function settle(): void {
    clearTimeout(settled);
    settled = window.setTimeout(() => {
      const labels = [...tags].map(([key, { element, rank, marker }]) => {
        const { x, y } = map.project(marker.getLngLat());
        const [width, height] = [element.offsetWidth, element.offsetHeight];
        const left = !key.startsWith("r ") ? x + 6 : x - width / 2;
        return { key, rank, x: left, y: y - height / 2, width: width + 6, height };
      });
      const shown = declutter(labels);
      for (const [key, { element }] of tags) element.classList.toggle("hidden", !shown.has(key));
    }, 60);
  }

  function fit(animate = true): void {
    if (scene === null) return;
    const bounds = new LngLatBounds();
    for (const { place } of [...scene.assets, ...scene.engineers]) bounds.extend([place.lon, place.lat]);
    if (bounds.isEmpty()) return;
    fitted = true;
    map.fitBounds(bounds, { ...FIT, animate });
  }

  function source(id: string): GeoJSONSource | undefined {
    return map.getSource<GeoJSONSource>(id);
  }

  return {
    show,
    fit,
    remove: () => {
      clearTimeout(settled);
      map.remove();
    },
  };
}

function pressable(press: () => void): HTMLElement {
  const element = document.createElement("button");
  element.type = "button";
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    press();
  });
  return element;
}

function person(role: string): HTMLElement {
  const element = document.createElement("div");
  element.title = role;
  return element;
}

/** The name, and beside it a note in a quieter voice. */
function write(element: HTMLElement, name: string, note = ""): void {
  element.dataset["note"] = note;
  if (element.textContent !== name) {
    element.textContent = name;
    element.setAttribute("aria-label", name);
  }
}
