/** One request: what it is, how pressing, by when, who; then what was said, who speaks, what was done. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMayWork } from "../../api/queries";
import type { RequestPage as Answer } from "../../api/types";
import { useText } from "../../i18n/language";
import { Comments } from "../../parts/Comments";
import { Failure } from "../../parts/Failure";
import { History } from "../../parts/History";
import { Loading } from "../../parts/States";
import { usePageTitle } from "../../parts/title";
import { Clocks } from "./Clocks";
import { Declarations } from "./Declarations";
import { FormPanel } from "./FormPanel";
import { RequestHeader } from "./RequestHeader";
import styles from "./RequestPage.module.css";
import { requestPage, useComment } from "./queries";
import { Identity } from "./Identity";

export function RequestPage() {
  const t = useText();
  const { id } = useParams({ from: "/inside/requests/$id" });
  const { data, error, refetch } = useQuery(requestPage(id));
  usePageTitle(data === undefined ? t.requests.title : `${data.request.reference} ${data.request.org_name}`);
  if (error !== null && data === undefined) return <Failure whole error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading lines={10} />;
  return <Loaded key={id} page={data} />;
}

function Loaded(props: { page: Answer }) {
  const { page } = props;
  const { id, state } = page.request;
  const may = useMayWork() && state !== "ended";
  const comment = useComment(id);
  const mayRemark = useMayWork();
  return (
    <article className={styles.page}>
      <RequestHeader page={page} may={may} />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Clocks page={page} may={may} />
          <FormPanel page={page} may={may} />
        </div>
        <div className={styles.column}>
          <Identity page={page} may={may} />
          <Declarations page={page} may={may} />
          <Comments about={`request.${id}`} comments={page.comments} send={mayRemark ? (text) => comment.mutateAsync(text) : undefined} />
          <History entries={page.history} />
        </div>
      </div>
    </article>
  );
}
