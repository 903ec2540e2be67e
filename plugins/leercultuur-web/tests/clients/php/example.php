<?php
// How a plugin of an LMS calls the API of leercultuur: PHP 8.1 or newer, nothing to install.
declare(strict_types=1);

final class Leercultuur
{
    public function __construct(private string $url, private string $token)
    {
    }

    /** The answer to a request; null where there is nothing to tell (404). */
    public function call(string $method, string $path, ?array $body = null): ?array
    {
        for ($try = 1; ; $try++) {
            $context = stream_context_create(['http' => [
                'method' => $method,
                'header' => [
                    "Authorization: Bearer {$this->token}",
                    'Content-Type: application/json',
                ],
                'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
                'timeout' => 10,
                'follow_location' => 0,
                'ignore_errors' => true, // an error has a body too
            ]]);
            $answer = @file_get_contents("{$this->url}/api/v1{$path}", false, $context);
            if ($answer === false) {
                throw new RuntimeException('the server does not answer; try again later');
            }
            $status = (int) explode(' ', $http_response_header[0])[1];
            if (in_array($status, [429, 503], true) && $try < 3) {
                sleep($this->wait($http_response_header));
                continue;
            }
            if ($status === 404) {
                return null;
            }
            $told = json_decode($answer, true, 64, JSON_THROW_ON_ERROR);
            if ($status >= 400) {
                throw new RuntimeException("{$told['title']} ({$status}): {$told['detail']}");
            }
            return $told;
        }
    }

    private function wait(array $headers): int
    {
        foreach ($headers as $header) {
            if (stripos($header, 'Retry-After:') === 0) {
                return min(60, (int) substr($header, 12));
            }
        }
        return 5;
    }
}

$api = new Leercultuur(getenv('LEERCULTUUR_URL'), getenv('LEERCULTUUR_TOKEN'));
$account = 'account|https://login.korenaar.example|jan';

// What happened, up to 1,000 rows at once. Sending a row again with the same id does no harm.
$taken = $api->call('POST', '/activities', ['activities' => [
    [
        'type' => 'activity',
        'id' => 'course-12-completion-345',
        'identities' => [$account],
        'verb' => 'http://adlnet.gov/expapi/verbs/completed',
        'object_type' => 'http://adlnet.gov/expapi/activities/lesson',
        'occurred_at' => '2026-03-02T10:30:00+01:00',
        'topic' => 'zuurdesem',
    ],
    ['type' => 'activity', 'id' => 'without-a-verb'],
]]);
echo "{$taken['accepted']} accepted\n";
foreach ($taken['problems'] as $problem) {
    echo "{$problem['place']}: {$problem['problem']}\n";
}

// The person pressed "yes, show me" on a page of the LMS; only then is there something to show.
$person = $api->call('POST', '/people/find', ['identifier' => $account])['person'];
$api->call('POST', "/people/{$person}/consent", ['purpose' => 'own_prompts', 'given' => true]);
$estimate = $api->call('GET', "/people/{$person}/estimate?language=en");
if ($estimate !== null) {
    echo "phase: {$estimate['phase']}\n";
}

// What is waiting: show each to its recipient, then say that it was shown.
foreach ($api->call('GET', '/messages')['messages'] as $message) {
    foreach ($message['prompts'] as $prompt) {
        echo "message in {$prompt['language']}: " . strlen($prompt['text']) . " bytes\n";
    }
    $receipt = ['message' => $message['id'], 'state' => 'sent'];
    $api->call('POST', '/receipts', ['receipts' => [$receipt]]);
}

// The recipient of the last one pressed "not now".
if (isset($prompt)) {
    $api->call('POST', '/answers', ['prompt' => $prompt['id'], 'answer' => 'not_now']);
    echo "answered\n";
}
