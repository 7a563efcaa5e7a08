// 车道示意: where the vehicle and the arm are after so many steps of a passage, as far as its events tell.
import { useSay } from "../words/language.tsx";
import type { Step } from "./gate.ts";
import { eventTypes, y } from "./words.ts";

type Place = "approach" | "under" | "beyond" | "back";

interface Scene {
  place: Place;
  isUp: boolean;
  light: "red" | "green";
}

/** What the events up to here amount to. */
export function sceneOf(steps: Step[]): Scene {
  const scene: Scene = { place: "approach", isUp: false, light: "red" };
  for (const { event } of steps) {
    switch (event.event_type) {
      case "RAISE_OUTCOME":
        scene.isUp = event.outcome === "raised";
        scene.light = scene.isUp ? "green" : "red";
        if (scene.isUp) scene.place = "under";
        break;
      case "PASS":
      case "LEFT_PORT":
        scene.place = "beyond";
        scene.isUp = event.event_type === "PASS" && event.reason_code === "passage_unconfirmed";
        scene.light = "red";
        break;
      case "LANE_STATE":
        // A person's release: that the vehicle has passed is noted as a state of the lane.
        if (scene.isUp) {
          scene.place = "beyond";
          scene.isUp = false;
          scene.light = "red";
        }
        break;
      case "REFUSE":
        if (event.reason_code === "backed_out" || event.reason_code === "sent_back") scene.place = "back";
        scene.isUp = false;
        scene.light = "red";
        break;
      default:
    }
  }
  return scene;
}

const X: Record<Place, number> = { back: 4, approach: 52, under: 112, beyond: 178 };

export function LaneScene({ steps, vehicle }: { steps: Step[]; vehicle: string | null }) {
  const say = useSay();
  const { place, isUp, light } = sceneOf(steps);
  const last = steps[steps.length - 1];
  const label = last ? say(eventTypes[last.event.event_type]?.label ?? y.passage) : say(y.passage);
  return (
    <svg className="lane-scene" viewBox="0 0 260 84" role="img" aria-label={`${label} ${vehicle ?? say(y.unknownVehicle)}`} data-place={place} data-arm={isUp ? "up" : "down"}>
      <rect className="road" x="0" y="62" width="260" height="16" />
      <line className="middle" x1="0" y1="70" x2="260" y2="70" />
      <g className="vehicle" transform={`translate(${X[place]} 0)`}>
        <rect x="0" y="34" width="46" height="24" rx="2" />
        <path d="M48 42 h10 l6 8 v8 h-16 z" />
        <circle cx="11" cy="60" r="5" />
        <circle cx="34" cy="60" r="5" />
        <circle cx="56" cy="60" r="5" />
        <text x="23" y="50" textAnchor="middle">{(vehicle ?? "?").slice(-7)}</text>
      </g>
      <rect className="post" x="150" y="26" width="6" height="38" />
      <line className="arm" x1="153" y1="32" x2={isUp ? 150 : 108} y2={isUp ? 2 : 32} />
      <circle className="lamp" data-light={light} cx="164" cy="24" r="6" />
    </svg>
  );
}
