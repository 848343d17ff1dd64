// Calls the API with the run's token, which lives in this tab only.

const STORED = "token";

// The fragment never leaves the browser; taken out of the address, it stays out of the history.
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(STORED);
}

export const keepToken = (token) => sessionStorage.setItem(STORED, token);
export const dropToken = () => sessionStorage.removeItem(STORED);

// Answers the body; an error has the reason in words, and the status.
export async function call(method, path, body) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(STORED)}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body) });
  const content = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) {
    const error = new Error(content.detail ?? content.message);
    error.status = answer.status;
    throw error;
  }
  return content;
}

export const listOf = async (path) => (await call("GET", path)).data;
