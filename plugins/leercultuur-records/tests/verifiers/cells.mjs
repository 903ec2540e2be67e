// Holds credentials against two verifiers by others, all in one process.
//
// Reads {site: {address: text}, cells: [{name, credential, site?}]} and writes
// {name: {"verifier-core": {accepts, why}, "vc": {accepts, why}}}. Nothing leaves this machine: what they
// fetch they get from `site`, and all else is not found.
import {readFileSync} from 'node:fs';

const {site: common, cells} = JSON.parse(readFileSync(0, 'utf8'));
let site = common;

globalThis.fetch = async request => {
  const address = typeof request === 'string' ? request : request.url ?? String(request);
  const body = site[address];
  return body === undefined ?
    new Response('not found', {status: 404}) :
    new Response(body, {status: 200, headers: {'content-type': 'application/json'}});
};
console.log = () => {};
console.error = () => {};

const {verifyCredential} = await import('@digitalcredentials/verifier-core');
const {securityLoader} = await import('@digitalcredentials/security-document-loader');
const vc = await import('@digitalbazaar/vc');
const {DataIntegrityProof} = await import('@digitalbazaar/data-integrity');
const {cryptosuite} = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const {checkStatus} = await import('@digitalbazaar/vc-bitstring-status-list');

// The first says what each step gave and leaves the sum to its caller: all that it checked must hold.
async function core(credential) {
  const answer = await verifyCredential({credential, knownDIDRegistries: []});
  const steps = (answer.log ?? []).filter(({id}) => id !== 'registered_issuer');
  const fatal = (answer.errors ?? []).map(({name}) => name);
  const bad = steps.filter(({valid}) => valid !== true).map(({id, error}) => error?.name ?? id);
  const signed = steps.some(({id, valid}) => id === 'valid_signature' && valid);
  return {accepts: signed && !fatal.length && !bad.length, why: [...fatal, ...bad].join(', ')};
}

// The second says that the status could be looked up, and leaves what it is to its caller.
async function bazaar(credential) {
  const documentLoader = securityLoader({fetchRemoteContexts: true}).build();
  const suite = new DataIntegrityProof({cryptosuite});
  const answer = await vc.verifyCredential({credential, suite, documentLoader, checkStatus});
  const taken = (answer.statusResult?.results ?? []).some(({status}) => status);
  const reason = answer.error?.errors?.[0]?.message ?? answer.error?.message;
  const lookup = answer.statusResult?.error?.message;
  return {
    accepts: answer.verified === true && !taken,
    why: [taken && 'status', reason, lookup].filter(Boolean).join('; ')
  };
}

async function ask(verifier, credential) {
  try {
    return await verifier(structuredClone(credential));
  } catch(error) {
    return {accepts: false, why: `raised ${error.message}`};
  }
}

const answers = {};
for(const {name, credential, site: own} of cells) {
  site = {...common, ...own};
  answers[name] = {
    'verifier-core': await ask(core, credential), vc: await ask(bazaar, credential)
  };
}
process.stdout.write(JSON.stringify(answers));
