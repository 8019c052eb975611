import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client";
import { me } from "./api/queries";
import { firstLanguage, LanguageProvider, loadLanguage } from "./i18n/language";
import { keepOneTimeLink } from "./pages/sign-in/token";
import { makeRouter } from "./router";
import "./theme/base.css";
import { theme, variables } from "./theme/theme";

/** A session that ended sends to the sign-in page and back afterwards. What a page asks for the first time, the router answers. */
const expired = new QueryCache({
  onError: (error, query) => {
    const { pathname, href } = window.location;
    if (query.state.data === undefined && query.queryKey[0] === me.queryKey[0]) return;
    if (!(error instanceof ApiError) || error.status !== 401 || pathname === "/sign-in") return;
    window.location.assign(`/sign-in?next=${encodeURIComponent(href.slice(window.location.origin.length))}`);
  },
});

const client = new QueryClient({
  queryCache: expired,
  defaultOptions: {
    // A lost connection is told, not waited for: what was typed stays in its field.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 15_000,
      retry: (count, error) => !(error instanceof ApiError && error.status >= 400 && error.status < 500) && count < 2,
    },
  },
});

async function start(): Promise<void> {
  keepOneTimeLink();
  const language = firstLanguage();
  const texts = await loadLanguage(language);
  const router = makeRouter(client);
  const root = document.getElementById("root");
  if (root === null) return;
  createRoot(root).render(
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <LanguageProvider first={language} texts={texts}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </LanguageProvider>
    </MantineProvider>,
  );
  void import("./theme/fonts.css");
}

void start();
