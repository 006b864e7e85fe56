// What an endpoint does in mid-stream, once it has written so many bytes.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "util/json.hh"

namespace gauntlet {

struct EndpointAction {
  uint64_t after = 0;             // bytes this end has written to its stream
  std::string name;               // "fastclose", "close", or what `tool` is for
  std::vector<std::string> tool;  // run to its end; empty: the endpoint itself (fastclose, close)
  bool must_say = false;          // a tool that says nothing did nothing: an error
};
EndpointAction parse_action(const std::string& json);  // {"after":N,"do":NAME,"tool":[...],"must_say":B}; UsageError

class EndpointActions {
 public:
  explicit EndpointActions(std::vector<EndpointAction>);
  ~EndpointActions();
  EndpointActions(const EndpointActions&) = delete;
  EndpointActions& operator=(const EndpointActions&) = delete;

  // Does everything that is due once `sent` bytes are written, up to what the endpoint itself has to do to the
  // connection: the name of that, else nothing. Throws EnvironmentError when a tool fails: an action that did not
  // happen must not look as if it had.
  std::string step(uint64_t sent, int64_t ms);
  const Json& done() const;  // a list, for the report

 private:
  std::vector<EndpointAction> actions_;
  size_t next_ = 0;
  struct Done;
  std::unique_ptr<Done> done_;
};

}  // namespace gauntlet
