#include "cli/box_run.hh"

#include <fmt/core.h>

#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>

#include "util/error.hh"

namespace gauntlet {
namespace {

namespace po = boost::program_options;

uint64_t parse_seed(const std::string& text) {
  uint64_t value = 0;
  const bool hex = text.starts_with("0x");
  const char* first = text.data() + (hex ? 2 : 0);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw UsageError(fmt::format("--seed '{}': a number, or 0x and hex digits", text));
  }
  return value;
}

// "client=192.0.2.0/24,client=2001:db8::/64" or the prefixes alone behind one client=.
std::vector<Prefix> parse_dir_by(const std::vector<std::string>& words) {
  std::vector<Prefix> prefixes;
  for (const std::string& word : words) {
    if (!word.starts_with("client=")) {
      throw UsageError(fmt::format("--dir-by '{}': say client=ADDRESS or client=PREFIX/LENGTH", word));
    }
    std::stringstream list(word.substr(7));
    for (std::string one; std::getline(list, one, ',');) prefixes.push_back(parse_prefix(one));
  }
  return prefixes;
}

void check_together(const BoxRun& run) {
  if (run.queue && !(run.read.empty() && run.write.empty())) {
    throw UsageError("--queue is live and --read/--write offline: choose one");
  }
  if (!run.queue && (run.read.empty() || run.write.empty())) {
    throw UsageError("say --queue N for live packets, or --read IN.pcap --write OUT.pcap");
  }
  if (run.client.empty() && (!run.queue || run.client_side.empty())) {
    throw UsageError(
        "say which side is the client: --dir-by client=ADDRESS[/LENGTH], or live: --client-side INTERFACE");
  }
  if (!run.add_rule.empty() && (!run.queue || run.control))
    throw UsageError("--add-rule is for --queue N without --control");
}

}  // namespace

std::optional<BoxRun> parse_box_run(Arguments arguments) {
  po::options_description shown("options");
  shown.add_options()                                                                                              //
      ("help,h", "this text")                                                                                      //
      ("seed", po::value<std::string>()->default_value("1"), "same seed, same choices")                            //
      ("dir-by", po::value<std::vector<std::string>>(), "client=ADDRESS[/LENGTH],...: what is from there is c2s")  //
      ("read", po::value<std::string>()->default_value(""), "offline: capture to read")                            //
      ("write", po::value<std::string>()->default_value(""), "offline: capture to write")                          //
      ("queue", po::value<uint16_t>(), "live: NFQUEUE number")                                                     //
      ("client-side", po::value<std::vector<std::string>>(), "live: INTERFACE toward the client (instead of --dir-by)")(
          "add-rule", po::value<std::string>()->default_value(""),
          "live: 'CHAIN [MATCH...]' of an iptables and ip6tables rule that feeds the queue while this runs: 'FORWARD "
          "-p tcp'")("control", po::bool_switch(),
                     "live: commands on standard input, one JSON line each on standard output")          //
      ("node", po::value<std::string>()->default_value(""), "live: this router's name, for the report")  //
      ("log", po::value<std::string>()->default_value(""),
       "live: DIR; what was done to each packet goes to DIR/RUN/box-NODE.decisions.jsonl (RUN: `live` without "
       "--control)")("mtu", po::value<unsigned>()->default_value(1500), "live: of the way out")  //
      ("inject", po::value<std::string>()->default_value(""), "live: interface that pieces enter through");
  po::options_description all(shown);
  all.add_options()("spec", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("spec", -1);

  po::variables_map given;
  const std::vector<std::string> words(arguments.begin(), arguments.end());
  try {
    po::store(po::command_line_parser(words).options(all).positional(positional).run(), given);
    po::notify(given);
  } catch (const po::error& e) {
    throw UsageError(fmt::format("{}; see gauntlet box --help", e.what()));
  }
  if (given.count("help") > 0) {
    std::ostringstream text;
    text << shown;
    fmt::print(
        "usage: gauntlet box SPEC... --queue N | --read IN --write OUT   --dir-by client=ADDRESS[/LENGTH]\n\n"
        "SPEC is NAME or NAME:key=value,...; several make a chain, the first nearest the client. "
        "`gauntlet list boxes` shows them.\n\n{}",
        text.str());
    return std::nullopt;
  }
  BoxRun run;
  if (given.count("spec") == 0) throw UsageError("name at least one box, such as strip:kind=30");
  for (const auto& spec : given["spec"].as<std::vector<std::string>>()) run.links.push_back(link_of(spec));
  run.seed = parse_seed(given["seed"].as<std::string>());
  if (given.count("dir-by") > 0) run.client = parse_dir_by(given["dir-by"].as<std::vector<std::string>>());
  run.read = given["read"].as<std::string>();
  run.write = given["write"].as<std::string>();
  if (given.count("client-side") > 0) run.client_side = given["client-side"].as<std::vector<std::string>>();
  run.add_rule = given["add-rule"].as<std::string>();
  if (given.count("queue") > 0) run.queue = given["queue"].as<uint16_t>();
  run.control = given["control"].as<bool>();
  run.log = given["log"].as<std::string>();
  run.node = given["node"].as<std::string>();
  run.mtu = given["mtu"].as<unsigned>();
  run.inject = given["inject"].as<std::string>();
  check_together(run);
  return run;
}

}  // namespace gauntlet
