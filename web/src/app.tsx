// The frame of every page: where to go, whether the connection is there, and the page itself.

import { lazy, Suspense } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import { Link, Route, Switch, useLocation } from "wouter-preact";

import { Overview } from "./pages/overview";
import { isSignedIn, signIn } from "./session";
import { Loading } from "./ui/states";

const MetricPage = lazy(() => import("./pages/metric").then((it) => it.MetricPage));
const Goals = lazy(() => import("./pages/goals").then((it) => it.Goals));
const NewGoal = lazy(() => import("./pages/goals").then((it) => it.NewGoal));
const GoalPage = lazy(() => import("./pages/goals").then((it) => it.GoalPage));
const Alerts = lazy(() => import("./pages/alerts").then((it) => it.Alerts));
const NewAlert = lazy(() => import("./pages/alerts").then((it) => it.NewAlert));
const AlertPage = lazy(() => import("./pages/alerts").then((it) => it.AlertPage));
const Integrations = lazy(() => import("./pages/integrations").then((it) => it.Integrations));
const IntegrationPage = lazy(() => import("./pages/integration").then((it) => it.IntegrationPage));
const Channels = lazy(() => import("./pages/channels").then((it) => it.Channels));

const PLACES = [
  ["/", "Overview"],
  ["/goals", "Goals"],
  ["/alerts", "Alerts"],
  ["/settings/integrations", "Stripe accounts"],
  ["/settings/channels", "Channels"],
] as const;

export function App() {
  const isOnline = useOnline();
  const isIn = useSignedIn();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header>
        <Link href="/" class="brand">
          Stripe Metrics
        </Link>
        <nav aria-label="Pages">
          {PLACES.map(([href, label]) => (
            <Place key={href} href={href} label={label} />
          ))}
        </nav>
      </header>
      {!isOnline && (
        <p class="notice notice-warning" role="status">
          You are offline. What is shown is from before; it is refreshed when you are back.
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {isIn ? (
          <Suspense fallback={<Loading />}>
            <Pages />
          </Suspense>
        ) : (
          <SignedOut />
        )}
      </main>
      <footer>
        <a href="/docs">The API</a>
      </footer>
    </>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/metrics/:id">{({ id }) => <MetricPage key={id} id={id} />}</Route>
      <Route path="/goals" component={Goals} />
      <Route path="/goals/new" component={NewGoal} />
      <Route path="/goals/:id">{({ id }) => <GoalPage key={id} id={id} />}</Route>
      <Route path="/alerts" component={Alerts} />
      <Route path="/alerts/new" component={NewAlert} />
      <Route path="/alerts/:id">{({ id }) => <AlertPage key={id} id={id} />}</Route>
      <Route path="/settings/integrations" component={Integrations} />
      <Route path="/settings/integrations/:id">
        {({ id }) => <IntegrationPage key={id} id={id} />}
      </Route>
      <Route path="/settings/channels" component={Channels} />
      <Route>
        <h1>There is no such page</h1>
        <p>
          <Link href="/">Go to the overview</Link>
        </p>
      </Route>
    </Switch>
  );
}

function Place({ href, label }: { href: string; label: string }) {
  const [location] = useLocation();
  const isHere = href === "/" ? location === "/" : location.startsWith(href);
  return (
    <Link href={href} {...(isHere ? { "aria-current": "page" as const } : {})}>
      {label}
    </Link>
  );
}

function SignedOut() {
  return (
    <div class="empty">
      <h1>Sign in</h1>
      <p>
        Locally, open the link that <code>make run</code> printed: it carries the token.
      </p>
      <button type="button" class="primary" onClick={() => void signIn()}>
        Sign in
      </button>
    </div>
  );
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);
  return isOnline;
}

function useSignedIn(): boolean {
  const [isIn, setIn] = useState(isSignedIn());
  useEffect(() => {
    const out = () => setIn(false);
    addEventListener("signed-out", out);
    return () => removeEventListener("signed-out", out);
  }, []);
  return isIn;
}
