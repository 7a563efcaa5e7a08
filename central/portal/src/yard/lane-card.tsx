// 通道卡片: how a lane is now, and the vehicle in it or the last one: verdict, reason, since when.
import { ArrowLeftOutlined, ArrowRightOutlined, WarningOutlined } from "@ant-design/icons";
import { instant } from "../declaration/show.ts";
import { useTabs } from "../frame/tabs.tsx";
import { useSay } from "../words/language.tsx";
import { reasonText, says, vehicleOf, type Lane } from "./gate.ts";
import { Mark, useSpan } from "./marks.tsx";
import { outcomes, states, verdicts, y } from "./words.ts";

interface Props {
  lane: Lane;
  /** The gate has not been heard for too long. */
  stale: boolean;
  now: number;
}

export function LaneCard({ lane, stale, now }: Props) {
  const say = useSay();
  const spanOf = useSpan();
  const tabs = useTabs();
  const present = lane.visit_id !== null && lane.visit_id !== "";
  const last = lane.last && (!present || lane.last.visit_id === lane.visit_id) ? lane.last : null;
  // Between a status and the events of the same visit one may be ahead of the other: what the lane says goes first.
  const verdict = (present ? lane.verdict : null) ?? last?.verdict ?? null;
  const reason = (present ? lane.reason : null) ?? last?.reason ?? null;
  const vehicle = last ? vehicleOf(last) : null;
  const name = `${say(y.lane)} ${lane.lane_id}`;
  return (
    <article className="card lane-card" data-lane={lane.lane_id} data-verdict={verdict ?? undefined} data-stale={stale || undefined} aria-label={name}>
      <header>
        <h4>
          {lane.lane_direction === "OUT" ? <ArrowLeftOutlined aria-hidden /> : <ArrowRightOutlined aria-hidden />} {lane.lane_id}
        </h4>
        <span>{lane.lane_direction && say(lane.lane_direction === "IN" ? y.in : y.out)}{lane.outermost && ` · ${say(y.outermost)}`}</span>
        <span className="grow" />
        {lane.state ? <Mark of={states} code={lane.state} /> : <span className="status" data-tone="over">{say(y.notTold)}</span>}
      </header>
      {lane.since && <small className="digits">{say(y.since, { time: instant(lane.since).slice(11), span: spanOf((now - Date.parse(lane.since)) / 1000) })}</small>}
      <div className="lane-vehicle" aria-live="polite">
        <small>{say(present ? y.presentVehicle : y.lastVehicle)}</small>
        {last || present ? (
          <>
            <strong className="digits">{vehicle ?? say(y.unknownVehicle)}</strong>
            {verdict && (
              <span className="lane-verdict">
                <Mark of={verdicts} code={verdict} />
                {says(reason) && <span className="lane-reason">{say(reasonText(reason))}</span>}
              </span>
            )}
          </>
        ) : (
          <span className="empty">{say(y.noVehicle)}</span>
        )}
        {last && (
          <span className="lane-last">
            <Mark of={outcomes} code={last.outcome} />
            <span className="digits">{instant(last.began_at).slice(5)}</span>
            <button type="button" className="link" aria-label={`${say(y.replay)} ${vehicle ?? last.visit_id}`} onClick={() => tabs.open(`/yard/passages/${last.number}`)}>{say(y.replay)}</button>
          </span>
        )}
      </div>
      {lane.faults.length > 0 && (
        <p className="lane-faults"><WarningOutlined aria-hidden /> {say(y.faults, { devices: lane.faults.join(", ") })}</p>
      )}
    </article>
  );
}
