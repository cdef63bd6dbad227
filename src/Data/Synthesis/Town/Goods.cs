namespace Weir.Data.Synthesis.Town;

/// <summary>What the shops sell. Tables, orders, messages and lists of words share these names, so that few words have
/// to be learnt.</summary>
internal static class Goods
{
    /// <summary>Each is one piece of a thing, beginning with a consonant in English.</summary>
    public static readonly Named[] Things = Named.List(
        "lamp=台灯; clock=时钟; kite=风筝; scarf=围巾; basket=篮子; teapot=茶壶");

    public static readonly Named[] All =
    [
        .. Things,
        .. Named.List("tea=茶叶; rice=大米; bread=面包; soap=肥皂; honey=蜂蜜; paper=白纸"),
    ];

    /// <summary>Words to repeat.</summary>
    public static readonly Named[] Words = [.. All, .. Named.List("cat=小猫; bird=小鸟; river=小河; hill=山坡")];
}
