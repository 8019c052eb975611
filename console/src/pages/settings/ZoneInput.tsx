import { Autocomplete } from "@mantine/core";

const ZONES = Intl.supportedValuesOf("timeZone");

export function ZoneInput(props: { label: string; note?: string; value: string; change: (zone: string) => void; required?: boolean }) {
  return <Autocomplete label={props.label} description={props.note} required={props.required ?? true} data={ZONES} limit={30} value={props.value} onChange={props.change} />;
}
