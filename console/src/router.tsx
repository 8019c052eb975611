/** The map of the console: which address shows which page. Each page is a chunk of its own. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, retainSearchParams } from "@tanstack/react-router";
import { ApiError } from "./api/client";
import { me } from "./api/queries";
import { Frame } from "./frame/Frame";
import { PageFailure, PageMissing } from "./frame/PageFailure";
import { parseSearch, type Search, safeNext, stringifySearch, text } from "./url/search";

interface Context {
  client: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: PageMissing, errorComponent: PageFailure });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Search): { next?: string } => ({ next: safeNext(search["next"]) }),
  component: lazyRouteComponent(() => import("./pages/sign-in/SignInPage"), "SignInPage"),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  validateSearch: (search: Search): { org?: string } => ({ org: text(search["org"]) }),
  search: { middlewares: [retainSearchParams(["org"])] },
  beforeLoad: async ({ context, location }) => {
    try {
      await context.client.ensureQueryData(me);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw redirect({ to: "/sign-in", search: { next: location.href } });
      throw error;
    }
  },
  component: Frame,
  errorComponent: PageFailure,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/duty" });
  },
});

const duty = createRoute({
  getParentRoute: () => inside,
  path: "/duty",
  component: lazyRouteComponent(() => import("./pages/duty/DutyPage"), "DutyPage"),
});

const tree = root.addChildren([signIn, inside.addChildren([home, duty])]);

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
    defaultNotFoundComponent: PageMissing,
    defaultErrorComponent: PageFailure,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
