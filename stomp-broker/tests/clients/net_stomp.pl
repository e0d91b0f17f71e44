# Net::Stomp over TCP: connect, subscribe, send, receive, transactions, acknowledge, receipts; a wrong passcode.
#
# usage: net_stomp.pl HOST PORT LOGIN PASSCODE
use strict;
use warnings;

use Net::Stomp;

my ($host, $port, $login, $passcode) = @ARGV;
my $patience = 10;

sub connected {
    my ($headers) = @_;
    my $client = Net::Stomp->new({ hostname => $host, port => $port, receipt_timeout => $patience });
    my $frame = $client->connect({ login => $login, passcode => $passcode, %$headers });
    $frame->command eq 'CONNECTED' or die 'expected CONNECTED, got ' . $frame->command;
    return $client;
}

sub expect {
    my ($client, $command) = @_;
    my $frame = $client->receive_frame({ timeout => $patience }) or die "no $command in time";
    $frame->command eq $command or die "expected $command, got " . $frame->as_string;
    return $frame;
}

# It speaks 1.0 unless it is told otherwise.
for my $headers ({}, { 'accept-version' => '1.1', host => 'localhost' }) {
    my $client = connected($headers);
    $client->subscribe({ destination => '/topic/perl', id => 's', receipt => 'subscribed' });
    expect($client, 'RECEIPT')->headers->{'receipt-id'} eq 'subscribed' or die 'another receipt';
    $client->send({ destination => '/topic/perl', body => "line\nline", note => 'plain' });
    my $message = expect($client, 'MESSAGE');
    $message->body eq "line\nline" && $message->headers->{note} eq 'plain' or die $message->as_string;
    $client->unsubscribe({ destination => '/topic/perl', id => 's' });

    for my $body ('one', 'two') {
        $client->send_transactional({ destination => '/queue/perl', body => $body }) or die 'no receipt';
    }
    $client->subscribe({ destination => '/queue/perl', id => 'q', ack => 'client' });
    for my $body ('one', 'two') {
        my $frame = expect($client, 'MESSAGE');
        $frame->body eq $body or die "expected $body, got " . $frame->body;
        $client->ack({ frame => $frame, subscription => 'q' });
    }
    $client->disconnect;
}

my $stranger = Net::Stomp->new({ hostname => $host, port => $port });
my $answer = $stranger->connect({ login => 'perl', passcode => 'wrong' });
$answer->command eq 'ERROR' or die 'a wrong passcode was accepted';
print "Net::Stomp $Net::Stomp::VERSION ok\n";
