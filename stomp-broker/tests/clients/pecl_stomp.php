<?php
// The stomp extension over TCP: connect, subscribe, send, receive, acknowledge, a transaction, disconnect; a wrong passcode.
//
// usage: pecl_stomp.php HOST PORT LOGIN PASSCODE

[, $host, $port, $login, $passcode] = $argv;

function check(bool $holds, string $what): void {
    if (!$holds) {
        fwrite(STDERR, "$what\n");
        exit(1);
    }
}

$stomp = new Stomp("tcp://$host:$port", $login, $passcode);
$stomp->setReadTimeout(10);
check($stomp->subscribe('/topic/php', ['id' => 's', 'receipt' => 'subscribed']), 'not subscribed');
check($stomp->send('/topic/php', "안녕, world", ['note' => 'plain', 'receipt' => 'sent']), 'no receipt');
$frame = $stomp->readFrame();
check($frame->command === 'MESSAGE', "expected MESSAGE, got {$frame->command}");
check($frame->body === "안녕, world" && $frame->headers['note'] === 'plain', print_r($frame, true));
check($stomp->unsubscribe('/topic/php', ['id' => 's']), 'not unsubscribed');

check($stomp->subscribe('/queue/php', ['id' => 'q', 'ack' => 'client']), 'not subscribed');
check($stomp->begin('t'), 'no transaction');
foreach (['one', 'two'] as $body) {
    check($stomp->send('/queue/php', $body, ['transaction' => 't']), 'not sent');
}
check($stomp->commit('t'), 'not committed');
foreach (['one', 'two'] as $body) {
    $frame = $stomp->readFrame();
    check($frame && $frame->body === $body, "expected $body");
    check($stomp->ack($frame), 'not acknowledged');
}
unset($stomp);

try {
    new Stomp("tcp://$host:$port", 'php', 'wrong');
    check(false, 'a wrong passcode was accepted');
} catch (StompException $error) {
    echo 'stomp extension ', stomp_version(), " ok\n";
}
