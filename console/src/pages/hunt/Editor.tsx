/** A plain text field over its coloured copy: every habit of a text field works, the eye gets the colours. */
import { type KeyboardEvent, useImperativeHandle, useMemo, useRef } from "react";
import { useText } from "../../i18n/language";
import styles from "./Editor.module.css";
import { pieces } from "./highlight";

export interface EditorHandle {
  insert: (text: string) => void;
}

export function Editor(props: { value: string; change: (sql: string) => void; run: () => void; handle: React.RefObject<EditorHandle | null> }) {
  const t = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const coloured = useRef<HTMLPreElement>(null);
  const shown = useMemo(() => pieces(props.value), [props.value]);
  useImperativeHandle(props.handle, () => ({
    insert: (text) => {
      const at = field.current?.selectionStart ?? props.value.length;
      props.change(props.value.slice(0, at) + text + props.value.slice(field.current?.selectionEnd ?? at));
      requestAnimationFrame(() => {
        field.current?.focus();
        field.current?.setSelectionRange(at + text.length, at + text.length);
      });
    },
  }));
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    props.run();
  };
  const rows = Math.min(Math.max(props.value.split("\n").length + 1, 6), 18);
  return (
    <div className={styles.editor} style={{ height: `${rows * 21 + 20}px` }}>
      <pre ref={coloured} className={styles.coloured} aria-hidden="true">
        {shown.map((piece, index) => (
          <span key={index} data-kind={piece.kind}>
            {piece.text}
          </span>
        ))}{" "}
      </pre>
      <textarea
        ref={field}
        className={styles.field}
        aria-label={t.hunt.sql}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        value={props.value}
        onChange={(event) => props.change(event.currentTarget.value)}
        onKeyDown={onKey}
        onScroll={(event) => {
          if (coloured.current === null) return;
          coloured.current.scrollTop = event.currentTarget.scrollTop;
          coloured.current.scrollLeft = event.currentTarget.scrollLeft;
        }}
      />
    </div>
  );
}
