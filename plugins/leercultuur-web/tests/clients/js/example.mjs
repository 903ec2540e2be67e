// How a portal calls the API of leercultuur: Node 20 or newer, nothing to install. On a server only: a token
// never goes to a browser.

const url = process.env.LEERCULTUUR_URL;
const token = process.env.LEERCULTUUR_TOKEN;

/** The answer to a request; null where there is nothing to tell (404). */
async function call(method, path, body, tries = 3) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(10_000),
  });
  if ([429, 503].includes(answer.status) && tries > 1) {
    const seconds = Math.min(60, Number(answer.headers.get("retry-after") ?? 5));
    await new Promise((done) => setTimeout(done, seconds * 1000));
    return call(method, path, body, tries - 1);
  }
  if (answer.status === 404) return null;
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.title} (${answer.status}): ${told.detail}`);
  return told;
}

// What a portal may show of each team: bands, frozen once a quarter, never numbers of people.
const { quarter, units } = await call("GET", "/groups");
for (const { unit, shares } of units) {
  const shown = shares
    ? Object.entries(shares).map(([phase, { low, high }]) => `${phase} ${low}-${high} %`)
    : ["nothing is shown"];
  console.log(`${quarter} ${unit || "everybody"}: ${shown.join(", ")}`);
}

// What the plan has for them this quarter.
const plan = await call("GET", "/groups/plan?language=en");
for (const { unit, actions } of plan.units) {
  for (const { role, label, begin, end } of actions) {
    console.log(`${unit || "everybody"}, weeks ${begin}-${end}: ${role}: ${label}`);
  }
}

// What happened in the portal itself.
const { accepted } = await call("POST", "/activities", {
  activities: [
    {
      type: "activity",
      id: "question-77",
      identities: ["account|https://login.korenaar.example|jan"],
      verb: "http://adlnet.gov/expapi/verbs/asked",
      occurred_at: "2026-03-02T11:00:00+01:00",
    },
  ],
});
console.log(`${accepted} accepted`);
