import { ActionIcon } from "@mantine/core";
import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { useText } from "../i18n/language";
import { copyText } from "./clipboard";

/** A small button that copies; it says so when it has. */
export function CopyButton(props: { value: string; label?: string }) {
  const t = useText();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(props.value);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  const label = copied ? t.parts.copied : (props.label ?? t.parts.copy);
  return (
    <ActionIcon size="sm" variant="subtle" onClick={() => void copy()} aria-label={label} title={label}>
      {copied ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
    </ActionIcon>
  );
}
