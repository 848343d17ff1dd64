// The page of the local run: opens with the token of the run's link. Nothing of it is deployed.

import { dropToken, keepToken, takeToken } from "./api.js";
import { prepareForms } from "./forms.js";
import { $, say, show } from "./view.js";

const REFRESH_MS = 5000;

async function open() {
  await show();
  await prepareForms();
  $("#sign-in").hidden = true;
  $("main").hidden = false;
  setInterval(() => document.hidden || show().catch((error) => say(error.message)), REFRESH_MS);
}

function askForToken(text) {
  dropToken();
  $("#sign-in").hidden = false;
  say(text);
}

const start = () =>
  open().catch((error) => {
    if (error.status === 401) askForToken("This is not the token of the run.");
    else say(error.message);
  });

$("#sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(new FormData(event.currentTarget).get("token"));
  start();
});

if (takeToken()) start();
else askForToken("Open the link that the run printed, or enter its token.");
