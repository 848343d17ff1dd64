// Who is signed in. Deployed: the authorization code with PKCE, against the user pool. In the local
// run the token comes with the link that it prints, in the fragment, which no server ever sees.

/** How to sign in, as /config.json says; null where the token comes with the link. */
interface SignIn {
  authorize_url: string;
  token_url: string;
  client_id: string;
  scopes: string;
}

interface Tokens {
  access: string;
  /** When it ends, in milliseconds since 1970; null if it is not known. */
  until: number | null;
}

const TOKENS = "stripe-metrics-tokens";
const PENDING = "stripe-metrics-sign-in";
const MARGIN = 60_000;

let config: Promise<{ sign_in: SignIn | null }> | undefined;

/** Take the token out of the address, or finish a sign-in that was begun. */
export async function begin(): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token) {
    keep({ access: token, until: null });
    history.replaceState(null, "", location.pathname + location.search);
  }
  if (location.pathname === "/signed-in") await finish();
}

/** Give the token to send; undefined where there is none. */
export async function accessToken(): Promise<string | undefined> {
  const tokens = kept();
  if (tokens && (tokens.until === null || tokens.until - MARGIN > Date.now())) return tokens.access;
  return undefined;
}

/** Send the person to the sign-in page; where there is none, forget the token. */
export async function signIn(): Promise<void> {
  sessionStorage.removeItem(TOKENS);
  const settings = (await readConfig()).sign_in;
  dispatchEvent(new Event("signed-out"));
  if (!settings) return;
  const verifier = randomText();
  const state = randomText();
  const back = location.pathname + location.search;
  sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, back }));
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: settings.client_id,
    redirect_uri: `${location.origin}/signed-in`,
    scope: settings.scopes,
    state,
    code_challenge_method: "S256",
    code_challenge: await challengeOf(verifier),
  });
  location.assign(`${settings.authorize_url}?${asked}`);
}

/** Whether a token is at hand. */
export function isSignedIn(): boolean {
  return kept() !== null;
}

async function finish(): Promise<void> {
  const answered = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  const settings = (await readConfig()).sign_in;
  const code = answered.get("code");
  // An answer to a question that this page did not ask is nobody's sign-in.
  const isOurs = pending !== null && answered.get("state") === pending.state;
  history.replaceState(null, "", isOurs ? pending.back : "/");
  if (!isOurs || !settings || !code) return;
  const answer = await fetch(settings.token_url, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: settings.client_id,
      redirect_uri: `${location.origin}/signed-in`,
      code,
      code_verifier: pending.verifier,
    }),
  });
  if (!answer.ok) return;
  const { access_token: access, expires_in: seconds } = await answer.json();
  keep({ access, until: Date.now() + seconds * 1_000 });
}

function readConfig(): Promise<{ sign_in: SignIn | null }> {
  config ??= fetch("/config.json").then((answer) => answer.json());
  return config;
}

// Of this tab alone, and gone with it.
function keep(tokens: Tokens): void {
  sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
}

function kept(): Tokens | null {
  return JSON.parse(sessionStorage.getItem(TOKENS) ?? "null") as Tokens | null;
}

function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
