// 版本: every version of a record, newest first; what changed between two of them.
import { useQuery } from "@tanstack/react-query";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { plain, type Text } from "../words/words.ts";
import { ChangesTable, ContentView, type Change } from "./content-view.tsx";
import type { Manual, RecordJson, Version } from "./description.ts";
import { differences, draftOf } from "./draft.ts";
import { instant } from "./show.ts";
import { Failed, Waiting } from "./states.tsx";

const KINDS: Record<string, Text> = { NEW: ["新增申报", "New"], CHANGE: ["变更", "Change"], DELETE: ["删单", "Delete order"] };
const STATES: Record<string, Text> = {
  OPEN: ["办理中", "open"],
  EFFECTIVE: ["生效中", "in force"],
  SUPERSEDED: ["已被替代", "superseded"],
  WITHDRAWN: ["审核已撤销", "approval withdrawn"],
  GIVEN_UP: ["企业放弃", "given up"],
  REFUSED: ["海关不同意", "refused"],
  OVERTAKEN: ["车次已使用", "overtaken by the trip"],
};

export function VersionsView({ manual, number, load }: { manual: Manual; number: string; load: (number: string) => Promise<{ items: Version[] }> }) {
  const say = useSay();
  const versions = useQuery({ queryKey: [manual.slug, "versions", number], queryFn: () => load(number) });
  if (versions.isPending) return <Waiting />;
  if (versions.isError) return <Failed error={versions.error} again={() => void versions.refetch()} />;
  const newestFirst = [...versions.data.items].reverse();
  return (
    <>
      {newestFirst.map((version, place) => {
        const before = newestFirst[place + 1];
        const changes = before && version.change_kind === "CHANGE" ? between(manual, before, version) : [];
        return (
          <details key={`${version.version_no}-${place}`} className="version" open={place === 0}>
            <summary>
              {`${say(w.versions)} ${version.version_no} · ${say(KINDS[version.change_kind] ?? plain(version.change_kind))} · ${say(STATES[version.state] ?? plain(version.state))}`}
              {version.ended_at && <small className="digits"> {instant(version.ended_at)}</small>}
            </summary>
            {changes.length > 0 && <ChangesTable manual={manual} changes={changes} />}
            <ContentView manual={manual} content={version.content} enteredOnly marked={new Set(changes.map((change) => change.path))} />
          </details>
        );
      })}
    </>
  );
}

/** What a version has otherwise than the one before it. */
function between(manual: Manual, before: Version, after: Version): Change[] {
  const found = differences(manual, draftOf(manual, after.content), before.content as RecordJson, null);
  return found.map(({ path, mine, theirs }) => ({ path, from: theirs, to: mine }));
}
