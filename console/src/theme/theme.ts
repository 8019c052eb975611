/** Mantine's theme bent to the console's rules: neutral surfaces, colour only for meaning. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#f4f4f2",
  "#e9e9e6",
  "#dcdcd8",
  "#c3c5c8",
  "#a7acb4",
  "#7f858e",
  "#565b62",
  "#3a3d42",
  "#24272b",
  "#131416",
];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 8, dark: 2 },
  autoContrast: true,
  colors: { ink },
  black: "#1b1d20",
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  fontSizes: { xs: "13px", sm: "14px", md: "14px", lg: "16px", xl: "20px" },
  lineHeights: { xs: "1.45", sm: "1.5", md: "1.55", lg: "1.6", xl: "1.4" },
  headings: {
    fontFamily: "var(--sans)",
    sizes: { h1: { fontSize: "20px", lineHeight: "1.4" }, h2: { fontSize: "16px", lineHeight: "1.5" }, h3: { fontSize: "14px", lineHeight: "1.5" } },
  },
  defaultRadius: "sm",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { variant: "filled" } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } } },
    // The head of a dialog is no second banner of the page.
    ModalHeader: { defaultProps: { role: "none" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: surfaces(),
  dark: surfaces(),
});

function surfaces(): Record<string, string> {
  return {
    "--mantine-color-body": "var(--surface)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--dim)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--sunken)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-placeholder": "var(--dim)",
    "--mantine-color-anchor": "var(--link)",
    "--mantine-color-error": "var(--clock-red)",
    "--input-bd": "var(--line-strong)",
  };
}
