import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, post } from "../../api/client";
import type { FailedJob } from "../../api/types";
import { useText } from "../../i18n/language";
import { Failure } from "../../parts/Failure";
import { Time } from "../../parts/Time";
import { say } from "../../parts/toast";
import { Panel, SettingsTable } from "./Panel";

/** Work that was given up: what it said, and another try. */
export function FailedJobs() {
  const t = useText();
  const { data, error, refetch } = useQuery({ queryKey: ["jobs"], queryFn: ({ signal }) => get<{ items: FailedJob[] }>("/jobs", {}, signal) });
  return (
    <Panel
      id="jobs"
      title={t.settings.jobs.title}
      lead={t.settings.jobs.lead}
      items={data?.items}
      error={error}
      retry={refetch}
      none={{ title: t.settings.jobs.none, next: t.settings.jobs.noneNext }}
      table={(items) => <Jobs jobs={items} />}
    />
  );
}

function Jobs(props: { jobs: FailedJob[] }) {
  const t = useText();
  const head = t.settings.jobs.columns;
  return (
    <SettingsTable heads={[head.queue, head.error, head.attempts, head.created, head.about]}>
      {props.jobs.map((job) => (
        <Job key={job.id} job={job} />
      ))}
    </SettingsTable>
  );
}

function Job(props: { job: FailedJob }) {
  const t = useText();
  const client = useQueryClient();
  const { job } = props;
  const again = useMutation({
    mutationFn: () => post(`/jobs/${encodeURIComponent(job.id)}/requeue`),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["jobs"] });
      say(t.settings.jobs.queued);
    },
  });
  return (
    <tr>
      <td>{t.settings.jobs.queues[job.queue]}</td>
      <td>
        {job.error}
        {again.error !== null && <Failure error={again.error} />}
      </td>
      <td>{job.attempts}</td>
      <td>
        <Time at={job.created_at} form="short" />
      </td>
      <td>
        <About job={job} />{" "}
        <Button size="xs" loading={again.isPending} onClick={() => again.mutate()}>
          {t.settings.jobs.again}
        </Button>
      </td>
    </tr>
  );
}

function About(props: { job: FailedJob }) {
  const t = useText();
  const { queue, about } = props.job;
  if (about === null) return null;
  if (queue.startsWith("triage")) {
    return (
      <Link to="/alerts/$id" params={{ id: about }}>
        {t.duty.alert}
      </Link>
    );
  }
  return (
    <Link to="/settings" search={{ tab: "outbox", message: about }}>
      {t.settings.tabs.outbox}
    </Link>
  );
}
