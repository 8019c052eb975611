/** The map of the console: which address shows which page. Each page is a chunk of its own. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, retainSearchParams } from "@tanstack/react-router";
import { ApiError } from "./api/client";
import { me } from "./api/queries";
import { Frame } from "./frame/Frame";
import { PageFailure, PageMissing } from "./frame/PageFailure";
import { type AlertPageSearch, RANGES, SECTIONS } from "./pages/alert/search";
import { alertSearch } from "./pages/alerts/search";
import { CASE_TABS, type CaseTab } from "./pages/case/search";
import { caseSearch } from "./pages/cases/search";
import { requestSearch } from "./pages/requests/search";
import { LEVELS, type Level } from "./pages/rules/search";
import { SETTINGS, type SettingsSearch } from "./pages/settings/search";
import { instant, oneOf, parseSearch, safeNext, type Search, stringifySearch, text } from "./url/search";

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

const alerts = createRoute({
  getParentRoute: () => inside,
  path: "/alerts",
  validateSearch: alertSearch,
  component: lazyRouteComponent(() => import("./pages/alerts/AlertsPage"), "AlertsPage"),
});

const alert = createRoute({
  getParentRoute: () => inside,
  path: "/alerts/$id",
  validateSearch: (search: Search): AlertPageSearch => ({ sel: text(search["sel"]), range: oneOf(search["range"], RANGES), section: oneOf(search["section"], SECTIONS) }),
  component: lazyRouteComponent(() => import("./pages/alert/AlertPage"), "AlertPage"),
});

const cases = createRoute({
  getParentRoute: () => inside,
  path: "/cases",
  validateSearch: caseSearch,
  component: lazyRouteComponent(() => import("./pages/cases/CasesPage"), "CasesPage"),
});

const incident = createRoute({
  getParentRoute: () => inside,
  path: "/cases/$id",
  validateSearch: (search: Search): { tab?: CaseTab; as_of?: string } => ({ tab: oneOf(search["tab"], CASE_TABS), as_of: instant(search["as_of"]) }),
  component: lazyRouteComponent(() => import("./pages/case/CasePage"), "CasePage"),
});

const requests = createRoute({
  getParentRoute: () => inside,
  path: "/requests",
  validateSearch: requestSearch,
  component: lazyRouteComponent(() => import("./pages/requests/RequestsPage"), "RequestsPage"),
});

const call = createRoute({
  getParentRoute: () => inside,
  path: "/requests/new",
  validateSearch: (search: Search): { request?: string } => ({ request: text(search["request"]) }),
  component: lazyRouteComponent(() => import("./pages/call/CallPage"), "CallPage"),
});

const request = createRoute({
  getParentRoute: () => inside,
  path: "/requests/$id",
  validateSearch: (search: Search): { edit?: "1" } => ({ edit: oneOf(search["edit"], ["1"]) }),
  component: lazyRouteComponent(() => import("./pages/request/RequestPage"), "RequestPage"),
});

const endpoints = createRoute({
  getParentRoute: () => inside,
  path: "/endpoints",
  validateSearch: (search: Search): { q?: string } => ({ q: text(search["q"]) }),
  component: lazyRouteComponent(() => import("./pages/endpoints/EndpointsPage"), "EndpointsPage"),
});

const endpoint = createRoute({
  getParentRoute: () => inside,
  path: "/endpoints/$id",
  component: lazyRouteComponent(() => import("./pages/endpoint/EndpointPage"), "EndpointPage"),
});

const hunt = createRoute({
  getParentRoute: () => inside,
  path: "/hunt",
  validateSearch: (search: Search): { sql?: string; run?: "1" } => ({ sql: text(search["sql"]), run: oneOf(search["run"], ["1"]) }),
  component: lazyRouteComponent(() => import("./pages/hunt/HuntPage"), "HuntPage"),
});

const rules = createRoute({
  getParentRoute: () => inside,
  path: "/rules",
  validateSearch: (search: Search): { q?: string; level?: Level } => ({ q: text(search["q"]), level: oneOf(search["level"], LEVELS) }),
  component: lazyRouteComponent(() => import("./pages/rules/RulesPage"), "RulesPage"),
});

const rule = createRoute({
  getParentRoute: () => inside,
  path: "/rules/$id",
  component: lazyRouteComponent(() => import("./pages/rule/RulePage"), "RulePage"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  validateSearch: (search: Search): SettingsSearch => ({ tab: oneOf(search["tab"], SETTINGS), add: text(search["add"]), message: text(search["message"]) }),
  component: lazyRouteComponent(() => import("./pages/settings/SettingsPage"), "SettingsPage"),
});

/** An address that no page has, inside the frame: the way on stays in sight. */
const missing = createRoute({ getParentRoute: () => inside, path: "$", component: PageMissing });

const tree = root.addChildren([signIn, inside.addChildren([home, duty, alerts, alert, cases, incident, requests, call, request, endpoints, endpoint, hunt, rules, rule, settings, missing])]);

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
