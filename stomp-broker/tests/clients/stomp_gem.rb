# The stomp gem over TCP: connect, subscribe, send, receive, acknowledge, a transaction, receipt, disconnect; a wrong
# passcode.
#
# usage: stomp_gem.rb HOST PORT LOGIN PASSCODE
require "stomp"
require "timeout"

HOST, PORT, LOGIN, PASSCODE = ARGV
PATIENCE = 10

def connection(version, login = LOGIN, passcode = PASSCODE)
  Stomp::Connection.new(
    hosts: [{ host: HOST, port: PORT.to_i, login: login, passcode: passcode }],
    reliable: false,
    connect_headers: { "accept-version" => version, "host" => "localhost", "heart-beat" => "0,0" },
  )
end

def expect(client, command)
  frame = Timeout.timeout(PATIENCE) { client.receive }
  raise "expected #{command}, got #{frame.inspect}" unless frame.command == command
  frame
end

%w[1.0 1.1 1.2].each do |version|
  client = connection(version)
  raise "not #{version} but #{client.protocol}" unless client.protocol == version
  client.subscribe("/topic/ruby", { id: "s", receipt: "subscribed" }, "s")
  raise "another receipt" unless expect(client, "RECEIPT").headers["receipt-id"] == "subscribed"
  note = version == "1.0" ? "plain" : "colon: and\nnew line"
  client.publish("/topic/ruby", "안녕, world", { "note" => note })
  message = expect(client, "MESSAGE")
  raise message.inspect unless message.body.dup.force_encoding("UTF-8") == "안녕, world" && message.headers["note"] == note
  client.unsubscribe("/topic/ruby", { id: "s" }, "s")

  client.subscribe("/queue/ruby", { id: "q", ack: "client" }, "q")
  client.begin("t")
  %w[one two].each { |body| client.publish("/queue/ruby", body, { transaction: "t" }) }
  client.commit("t")
  %w[one two].each do |body|
    message = expect(client, "MESSAGE")
    raise "expected #{body}, got #{message.body}" unless message.body == body
    id = version == "1.2" ? message.headers["ack"] : message.headers["message-id"]
    client.ack(id, { subscription: "q" })
  end
  client.disconnect({ receipt: "bye" })
  raise "no receipt for DISCONNECT" unless client.disconnect_receipt.headers["receipt-id"] == "bye"
end

begin
  client = connection("1.2", "ruby", "wrong")
  raise "a wrong passcode was accepted" if client.connection_frame.command != "ERROR"
rescue Stomp::Error::StompException
  # So some versions of the gem tell it.
end
puts "stomp gem #{Stomp::Version::STRING} ok"
